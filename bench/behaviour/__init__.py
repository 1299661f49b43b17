"""Do lists learned from behaviour beat simpler ones, on people and items nobody tuned to?"""
