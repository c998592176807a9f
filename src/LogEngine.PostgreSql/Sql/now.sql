select logengine.now_ticks()
